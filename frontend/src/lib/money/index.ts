export { add, compare, fromMinor, isZero, negate, subtract, toMinor } from './arithmetic';
export { exponentOf, type Money } from './currency';
export { POINTS } from './points';
export { formatMoney, moneyParts, type MoneyFormat, type MoneyPart } from './format';
