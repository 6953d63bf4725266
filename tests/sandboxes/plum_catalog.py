"""A believable catalog: 90 countries, gift cards of invented brands, and things to do in real places.

The same catalog comes out every time, so that a second run of the sandbox sells what the first one sold.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from math import floor, log10
from typing import Any, Final, NamedTuple

FIRST_ID: Final = 15_001
MADE_AT: Final = datetime(2026, 9, 1, 6, 0)  # noqa: DTZ001 - the vendor writes times without a zone


class Country(NamedTuple):
    """A country with what a dollar buys there and where visitors go."""

    code: str
    name: str
    currency: str
    per_dollar: float
    cities: tuple[str, ...]


_COUNTRIES: Final = """
AE United Arab Emirates|AED|3.67|Dubai,Abu Dhabi,Sharjah
AL Albania|ALL|92|Tirana,Saranda
AM Armenia|AMD|390|Yerevan,Dilijan
AR Argentina|ARS|1000|Buenos Aires,Mendoza,Bariloche
AT Austria|EUR|0.92|Vienna,Salzburg,Innsbruck
AU Australia|AUD|1.52|Sydney,Melbourne,Cairns
AZ Azerbaijan|AZN|1.7|Baku,Sheki
BA Bosnia and Herzegovina|BAM|1.8|Sarajevo,Mostar
BD Bangladesh|BDT|119|Dhaka,Sylhet
BE Belgium|EUR|0.92|Brussels,Bruges,Ghent
BG Bulgaria|EUR|0.92|Sofia,Plovdiv,Varna
BH Bahrain|BHD|0.376|Manama
BO Bolivia|BOB|6.9|La Paz,Sucre
BR Brazil|BRL|5.4|Rio de Janeiro,São Paulo,Salvador
BW Botswana|BWP|13.5|Maun,Gaborone
CA Canada|CAD|1.37|Toronto,Vancouver,Montréal,Banff
CH Switzerland|CHF|0.88|Zürich,Geneva,Interlaken
CI Ivory Coast|XOF|605|Abidjan
CL Chile|CLP|940|Santiago,Valparaíso,Pucón
CN China|CNY|7.1|Shanghai,Beijing,Guilin
CO Colombia|COP|4100|Bogotá,Medellín,Cartagena
CR Costa Rica|CRC|515|San José,La Fortuna
CY Cyprus|EUR|0.92|Limassol,Paphos
CZ Czechia|CZK|23|Prague,Brno,Český Krumlov
DE Germany|EUR|0.92|Berlin,Munich,Hamburg,Cologne
DK Denmark|DKK|6.9|Copenhagen,Aarhus
DO Dominican Republic|DOP|60|Santo Domingo,Punta Cana
EC Ecuador|USD|1|Quito,Cuenca,Baños
EE Estonia|EUR|0.92|Tallinn,Tartu
EG Egypt|EGP|48|Cairo,Luxor,Hurghada
ES Spain|EUR|0.92|Madrid,Barcelona,Seville,Valencia
ET Ethiopia|ETB|120|Addis Ababa,Lalibela
FI Finland|EUR|0.92|Helsinki,Rovaniemi
FR France|EUR|0.92|Paris,Lyon,Nice,Bordeaux
GB United Kingdom|GBP|0.78|London,Edinburgh,Bath,Manchester
GE Georgia|GEL|2.7|Tbilisi,Batumi
GH Ghana|GHS|15|Accra,Cape Coast
GR Greece|EUR|0.92|Athens,Thessaloniki,Chania
GT Guatemala|GTQ|7.7|Antigua,Guatemala City
HK Hong Kong|HKD|7.8|Hong Kong
HN Honduras|HNL|25|Roatán,Tegucigalpa
HR Croatia|EUR|0.92|Zagreb,Split,Dubrovnik
HU Hungary|HUF|360|Budapest,Eger
ID Indonesia|IDR|16000|Jakarta,Ubud,Yogyakarta,Bandung,Surabaya
IE Ireland|EUR|0.92|Dublin,Galway,Killarney
IL Israel|ILS|3.7|Tel Aviv,Eilat
IN India|INR|84|Mumbai,Bengaluru,Delhi,Jaipur,Goa,Kochi
IS Iceland|ISK|137|Reykjavík,Akureyri
IT Italy|EUR|0.92|Rome,Milan,Florence,Turin,Naples,Bologna
JM Jamaica|JMD|157|Montego Bay,Kingston
JO Jordan|JOD|0.709|Amman,Petra
JP Japan|JPY|150|Tokyo,Kyoto,Osaka,Sapporo
KE Kenya|KES|129|Nairobi,Mombasa,Naivasha
KR South Korea|KRW|1370|Seoul,Busan,Jeju
KW Kuwait|KWD|0.307|Kuwait City
KZ Kazakhstan|KZT|480|Almaty,Astana
LB Lebanon|USD|1|Beirut,Byblos
LK Sri Lanka|LKR|300|Colombo,Kandy,Ella
LT Lithuania|EUR|0.92|Vilnius,Kaunas
LU Luxembourg|EUR|0.92|Luxembourg
LV Latvia|EUR|0.92|Riga,Sigulda
MA Morocco|MAD|9.9|Marrakesh,Fes,Essaouira
MK North Macedonia|MKD|56|Skopje,Ohrid
MT Malta|EUR|0.92|Valletta,Gozo
MU Mauritius|MUR|46|Port Louis,Le Morne
MX Mexico|MXN|18|Mexico City,Oaxaca,Tulum,Guadalajara
MY Malaysia|MYR|4.5|Kuala Lumpur,Penang,Langkawi
NG Nigeria|NGN|1600|Lagos,Abuja
NL Netherlands|EUR|0.92|Amsterdam,Rotterdam,Utrecht
NO Norway|NOK|10.8|Oslo,Bergen,Tromsø
NP Nepal|NPR|134|Kathmandu,Pokhara
NZ New Zealand|NZD|1.66|Queenstown,Auckland,Rotorua
OM Oman|OMR|0.385|Muscat,Nizwa
PA Panama|USD|1|Panama City,Bocas del Toro
PE Peru|PEN|3.75|Lima,Cusco,Arequipa
PH Philippines|PHP|58|Manila,Cebu,El Nido
PK Pakistan|PKR|278|Lahore,Karachi,Hunza
PL Poland|PLN|3.95|Warsaw,Kraków,Gdańsk
PT Portugal|EUR|0.92|Lisbon,Porto,Lagos
PY Paraguay|PYG|7800|Asunción
QA Qatar|QAR|3.64|Doha
RO Romania|RON|4.6|Bucharest,Cluj-Napoca,Brașov
RS Serbia|RSD|108|Belgrade,Novi Sad
RW Rwanda|RWF|1350|Kigali,Musanze
SA Saudi Arabia|SAR|3.75|Riyadh,Jeddah,AlUla
SE Sweden|SEK|10.5|Stockholm,Gothenburg,Åre
SG Singapore|SGD|1.34|Singapore
SI Slovenia|EUR|0.92|Ljubljana,Bled
SK Slovakia|EUR|0.92|Bratislava,Poprad
SN Senegal|XOF|605|Dakar,Saly
TH Thailand|THB|35|Bangkok,Chiang Mai,Phuket
TN Tunisia|TND|3.1|Tunis,Djerba
TR Türkiye|TRY|34|Istanbul,Göreme,Antalya
TW Taiwan|TWD|32|Taipei,Tainan
TZ Tanzania|TZS|2700|Arusha,Zanzibar
UA Ukraine|UAH|41|Kyiv,Lviv
UG Uganda|UGX|3700|Kampala,Jinja
US United States|USD|1|New York,San Francisco,Chicago,Austin,Miami,Denver
UY Uruguay|UYU|41|Montevideo,Colonia
UZ Uzbekistan|UZS|12700|Tashkent,Samarkand
VN Vietnam|VND|25000|Hanoi,Hội An,Ho Chi Minh City
ZA South Africa|ZAR|18|Cape Town,Johannesburg,Durban
ZM Zambia|ZMW|26|Livingstone,Lusaka
"""

_EVERYWHERE: Final = """
Cartwheel|Shopping,Electronics|online
Pixelhaven|Games,Electronics|online
Streamloft|Entertainment,Music|online
Tunefield|Music,Entertainment|online
Skylark Air|Travel|online
Roamly Stays|Travel,Hotels|online
Wanderbed|Travel,Hotels|online
Fernway Rides|Mobility,Travel|online
Kettle & Crumb|Food and Drink|both
Noodle Parade|Food and Drink|both
Northbean Coffee|Food and Drink|offline
Loomworks|Fashion|both
Stride Republic|Fashion,Sports|both
Velour Beauty|Beauty,Health|both
Paperplane Books|Books|both
Little Harbor Toys|Kids,Toys|both
Pawsome Supply|Pets|both
Homestead & Co|Home,Furniture|both
Lumen Lighting|Home,Electronics|both
GreenTrail Outdoor|Sports,Outdoor|both
Summit Gear|Sports,Outdoor|both
PlayOrbit|Games|online
Questbox Store|Games|online
Courseleaf Learning|Education,Books|online
Mindwell|Health,Wellness|online
FitPulse Studios|Health,Sports|both
Petrolane|Fuel,Mobility|offline
Voltgo Charging|Mobility,Fuel|both
Giveback Fund|Charity|online
Choice Card Select|Multi-brand|both
Ticketry|Entertainment,Events|online
Cinemont|Entertainment,Cinema|offline
""".strip().splitlines()

_FIRST: Final = """
Aurora Banyan Casa Delta Elm Falcon Gala Harbor Iris Juniper Kite Lotus Mosaic Nova Opal Piazza Quartz River
Saffron Terra Umbra Vela Willow Zephyr
""".split()  # noqa: SIM905 - a list of words reads better as words
_TRADES: Final = (
    ("Market", "Groceries", "both"),
    ("Electro", "Electronics", "both"),
    ("Fashion House", "Fashion", "both"),
    ("Pharmacy", "Health,Beauty", "offline"),
    ("Kitchen", "Food and Drink", "offline"),
    ("Books", "Books", "both"),
    ("Sports", "Sports", "both"),
    ("Jewellers", "Jewellery,Fashion", "offline"),
    ("Garden", "Home", "both"),
    ("Mobile", "Electronics,Mobile", "online"),
    ("Optics", "Health", "offline"),
    ("Cinema", "Entertainment,Cinema", "offline"),
    ("Bakery", "Food and Drink", "offline"),
)
_LOCAL: Final = 28
"""Brands that only one country has."""

_TO_DO: Final = {
    "Adventure": (
        "Hot-air balloon flight at sunrise:180", "White-water rafting:70", "Tandem paragliding:110",
        "Via ferrata with a mountain guide:95", "Canyoning half day:85", "Sea kayak to hidden coves:60",
        "Zip-line park:40", "Quad ride off the road:90", "Tandem skydive:260", "Rock climbing first steps:65",
        "Night hike with headlamps:35", "Indoor skydiving:75", "Karting grand prix:45",
    ),
    "Hobbies and Activities": (
        "Pottery wheel afternoon:50", "Street photography walk:45", "Watercolour in the old town:40",
        "Latte art class:35", "Perfume workshop:80", "Leather craft day:90", "Silver ring workshop:85",
        "Dance class for beginners:25", "Escape room for four:95", "Cooking class with market visit:80",
        "Bread baking morning:55", "Bike tour of the quarters:38", "Improvised theatre evening:30",
    ),
    "Fine Dining": (
        "Tasting menu for two:190", "Chef's table evening:150", "Rooftop dinner at sunset:110",
        "Wine pairing in the cellar:75", "Dinner in the dark:85", "Sunday brunch for two:60",
        "Seafood dinner by the water:120", "Vegetarian tasting menu:95", "Cheese and wine flight:48",
        "Omakase counter for two:210", "Street food walk with a chef:45", "Afternoon tea for two:58",
    ),
    "Wellness": (
        "Day spa with thermal pools:70", "Deep tissue massage, 60 minutes:75", "Couples massage:140",
        "Yoga at dawn, five classes:60", "Hammam ritual:65", "Sound bath evening:35", "Floating tank hour:60",
        "Facial with local botanicals:68", "Silent retreat day:90", "Sauna and ice plunge:40",
        "Breathing workshop:38", "Reflexology hour:45",
    ),
    "Getaways": (
        "Weekend in a boutique hotel:260", "Night in a treehouse:170", "Glamping under the stars:150",
        "Vineyard stay with tasting:220", "Cabin by the lake:190", "City break, two nights:240",
        "Farm stay for a family:180", "Night train and breakfast:160", "Houseboat night:210",
        "Lighthouse stay:230", "Eco-lodge weekend:250", "Spa hotel, one night for two:200",
    ),
}  # fmt: skip


def countries() -> list[Country]:
    """Return the countries in which something is sold."""
    found = []
    for line in _COUNTRIES.strip().splitlines():
        head, currency, rate, cities = line.split("|")
        found.append(Country(head[:2], head[3:], currency, float(rate), tuple(cities.split(","))))
    return found


def products() -> list[dict[str, Any]]:
    """Return every product, as the vendor's catalog lists it."""
    made: list[dict[str, Any]] = []
    for country in countries():
        for entry in (*_cards(country), *_experiences(country)):
            number = FIRST_ID + len(made)
            made.append(_common(number, country) | entry)
    return made


def _cards(country: Country) -> Iterator[dict[str, Any]]:
    for line in _EVERYWHERE:
        name, categories, usage = line.split("|")
        yield _card(country, name, categories, usage)
    start = _number(country.code) % len(_FIRST)
    for n in range(_LOCAL):
        trade, categories, usage = _TRADES[(start + n) % len(_TRADES)]
        name = f"{_FIRST[(start + n * 7) % len(_FIRST)]} {trade}"
        yield _card(country, name, categories, usage)


def _card(country: Country, name: str, categories: str, usage: str) -> dict[str, Any]:
    seed = _number(f"{country.code}:{name}")
    is_open, is_delayed = seed % 4 == 0, seed % 17 == 0
    amounts = sorted({_round(usd * country.per_dollar) for usd in (5, 10, 25, 50, 100, 250)})
    chosen = amounts[seed % 2 :: 1 + seed % 2]
    return {
        "name": f"{name} {country.name}",
        "categories": categories,
        "description": f"<p>Shop at {name} in {country.name}. One code, "
        f"{'online' if usage == 'online' else 'at the till and online'}; any rest stays on the card.</p>",
        "usageType": usage,
        "valueType": "open_value" if is_open else "fixed_denomination",
        "minValue": amounts[0],
        "maxValue": amounts[-1],
        "valueDenominations": "" if is_open else ",".join(str(amount) for amount in chosen),
        "deliveryType": "delayed" if is_delayed else "realtime",
        "tatInDays": 1 if is_delayed else 0,
        "isRecommended": int(seed % 29 == 0),
    }


def _experiences(country: Country) -> Iterator[dict[str, Any]]:
    for city in country.cities:
        for category, offers in _TO_DO.items():
            for offer in offers:
                name, usd = offer.rsplit(":", 1)
                yield _experience(country, city, category, name, int(usd))


def _experience(country: Country, city: str, category: str, name: str, usd: int) -> dict[str, Any]:
    seed = _number(f"{city}:{name}")
    price = _nice(usd * country.per_dollar * (0.85 + seed % 30 / 100))
    return {
        "name": f"{name}, {city}",
        "categories": f"Experiences,{category}",
        "description": f"<p>{name} in {city}, {country.name}. The voucher is valid for any free date; "
        "book with the host.</p>",
        "usageType": "offline",
        "valueType": "fixed_denomination",
        "minValue": price,
        "maxValue": price,
        "valueDenominations": str(price),
        "deliveryType": "delayed" if seed % 5 == 0 else "realtime",
        "tatInDays": 2 if seed % 5 == 0 else 0,
        "isRecommended": int(seed % 41 == 0),
    }


def _common(number: int, country: Country) -> dict[str, Any]:
    updated = MADE_AT + timedelta(minutes=number % 40_000)
    return {
        "productId": number,
        "termsAndConditionsInstructions": "<p>Not for resale. Cannot be exchanged for cash.</p>",
        "expiryAndValidity": "<p>Valid for 12 months from the day it is issued.</p>",
        "redemptionInstructions": "<p>Show the code when you pay.</p>",
        "lastUpdateDate": updated.isoformat(sep=" "),
        "orderQuantityLimit": 10,
        "imageUrl": f"https://res.example.com/plum/{number}.png",
        "currencyCode": country.currency,
        "currencyName": country.currency,
        "countryName": country.name,
        "countryCode": country.code,
        "countries": [{"code": country.code, "name": country.name}],
        "fee": 0,
        "discount": 0,
        "exchangeRate": str(country.per_dollar),
        "isPhoneNumberMandatory": False,
        "is_free": 0,
    }


def _round(amount: float) -> int | float:
    """Return the closest of 1, 2, 2.5 and 5 with noughts after it: what stands on cards."""
    scale = 10.0 ** floor(log10(amount))
    best = min((1, 2, 2.5, 5, 10), key=lambda step: abs(log10(step * scale / amount)))
    return int(best * scale) if best * scale == int(best * scale) else best * scale


def _nice(amount: float) -> int | float:
    """Return a price as a host would write it: two or three figures and noughts."""
    if amount < 4:
        return max(0.5, round(amount * 2) / 2)
    step = 1
    while amount / step >= 100:
        step *= 10
    return int(round(amount / step) * step) if amount / step >= 20 else round(amount)


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest())
