"""How the three real files are read; docs/import.md explains the parts."""

from __future__ import annotations

from typing import Any

ORDERS: dict[str, Any] = {
    "fields": {
        "external_id": {"column": "SalesOrderID"},
        "person": {"column": "SalesPersonID", "by": "employee_number"},
        "occurred_at": {"column": "OrderDate"},
        "amount": {"column": "SubTotal"},
        "currency": {"value": "USD"},
        "customer_reference": {"column": "PurchaseOrderNumber"},
        "attributes.territory": {"column": "TerritoryID"},
    },
    "formats": {"zone": "UTC"},
    "rules": [
        {
            "rule": "when",
            "column": "SalesPersonID",
            "empty": True,
            "outcome": "quarantine",
            "code": "no_salesperson",
        }
    ],
}

OPPORTUNITIES: dict[str, Any] = {
    "fields": {
        "external_id": {"column": "opportunity_id"},
        "person": {"column": "sales_agent", "by": "name"},
        "occurred_at": {"column": "close_date"},
        "amount": {"column": "close_value"},
        "currency": {"value": "USD"},
        "product": {"column": "product"},
        "customer_reference": {"column": "account"},
        "attributes.deal_stage": {"column": "deal_stage"},
    },
    "rules": [
        {
            "rule": "when",
            "column": "deal_stage",
            "not_in": ["Won"],
            "outcome": "refuse",
            "code": "not_won",
        },
        {"rule": "map_values", "field": "product", "values": {"GTXPro": "GTX Pro"}},
        {"rule": "known_product"},
    ],
}

RETAIL: dict[str, Any] = {
    "fields": {
        "external_id": {"columns": ["InvoiceNo", "StockCode"], "repeats": "count"},
        "person": {"column": "Country", "by": "name"},
        "occurred_at": {"column": "InvoiceDate"},
        "amount": {"product_of": ["Quantity", "UnitPrice"]},
        "currency": {"value": "GBP"},
        "units": {"column": "Quantity"},
        "product": {"column": "StockCode"},
        "customer_reference": {"column": "CustomerID"},
        "country": {"column": "Country"},
        "attributes.description": {"column": "Description"},
    },
    "formats": {"zone": "UTC"},
}
