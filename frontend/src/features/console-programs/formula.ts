import { isPart } from './parts';

/**
 * Formulas of a plan as people write them, such as `max(0, attainment - 0.8) * 1200`, and the other way.
 *
 * Tables, lines and bands have no short form: they are written as JSON and stay as they are.
 */
export function writeFormula(value: unknown): string {
  return formulaOf(value) ?? JSON.stringify(value, null, 1);
}

/** Return a test as people write it, such as `attainment >= 0.8 and units > 3`. */
export function writeTest(value: unknown): string {
  return testOf(value) ?? JSON.stringify(value, null, 1);
}

export class Unreadable extends Error {}

/** Return the expression that a text states; throw Unreadable when it states none. */
export function readFormula(text: string): unknown {
  return read(text, (reader) => reader.sum());
}

/** Return the test that a text states; throw Unreadable when it states none. */
export function readTest(text: string): unknown {
  return read(text, (reader) => reader.either());
}

const SIGNS: Readonly<Record<string, string>> = {
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  eq: '=',
  ne: '!=',
};
const COMPARISONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(SIGNS).map(([name, sign]) => [sign, name])),
  '≤': 'le',
  '≥': 'ge',
  '≠': 'ne',
  '==': 'eq',
};
const JOINED: Readonly<Record<string, string>> = { add: ' + ', multiply: ' * ' };
const FIGURE = /^[a-z][a-z0-9_]{0,39}$/;
const KEYWORDS: ReadonlySet<string> = new Set([
  'measure',
  'quota',
  'attainment',
  'and',
  'or',
  'not',
]);

function formulaOf(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (!isPart(value)) return undefined;
  const [first = '', ...more] = Object.keys(value);
  const held = value[first];
  if ((first === 'add' || first === 'multiply') && !more.length)
    return Array.isArray(held) && held.length > 1 ? joinedBy(held, JOINED[first] ?? '') : undefined;
  if (first === 'subtract' && !more.length) return pair(held, ' - ');
  if (first === 'divide' && !more.length) return pair(held, ' / ');
  if ((first === 'min' || first === 'max') && !more.length && Array.isArray(held))
    return call(first, held);
  if (first === 'previous' && !more.length) return call('previous', [held]);
  return nameOf(value, first, more);
}

function nameOf(
  value: Readonly<Record<string, unknown>>,
  first: string,
  more: readonly string[],
): string | undefined {
  const held = value[first];
  if (more.length) return first === 'if' ? chooseOf(value) : undefined;
  if (held === true && ['measure', 'quota', 'attainment'].includes(first)) return first;
  if (first === 'figure' && typeof held === 'string' && FIGURE.test(held) && !KEYWORDS.has(held))
    return held;
  if (first === 'days' && typeof held === 'string') return `days(${held})`;
  if (['person', 'component', 'rank', 'quota'].includes(first) && typeof held === 'string')
    return /^[\w -]+$/.test(held) ? `${first}("${held}")` : undefined;
  return undefined;
}

function chooseOf(value: Readonly<Record<string, unknown>>): string | undefined {
  const names = Object.keys(value);
  if (names.length !== 3 || !('then' in value) || !('else' in value)) return undefined;
  const [test, then, other] = [
    testOf(value['if']),
    formulaOf(value['then']),
    formulaOf(value['else']),
  ];
  return test && then && other ? `if(${test}, ${then}, ${other})` : undefined;
}

function joinedBy(values: readonly unknown[], sign: string): string | undefined {
  const parts = values.map(operand);
  return parts.every((part) => part !== undefined) ? parts.join(sign) : undefined;
}

function pair(values: unknown, sign: string): string | undefined {
  return Array.isArray(values) && values.length === 2 ? joinedBy(values, sign) : undefined;
}

/** What is itself joined stands in brackets, so that it is read back as it was. */
function operand(value: unknown): string | undefined {
  const text = formulaOf(value);
  const isJoined =
    isPart(value) && ['add', 'subtract', 'multiply', 'divide'].some((key) => key in value);
  return text !== undefined && (isJoined || text.startsWith('-')) ? `(${text})` : text;
}

function call(name: string, values: readonly unknown[]): string | undefined {
  const parts = values.map(formulaOf);
  return parts.every((part) => part !== undefined) ? `${name}(${parts.join(', ')})` : undefined;
}

function testOf(value: unknown): string | undefined {
  if (!isPart(value)) return undefined;
  const { value: left, is, than, ...more } = value;
  const keys = Object.keys(value);
  if (typeof is === 'string' && SIGNS[is] && !Object.keys(more).length) {
    const [one, other] = [formulaOf(left), formulaOf(than)];
    return one && other ? `${one} ${SIGNS[is]} ${other}` : undefined;
  }
  if (keys.length !== 1) return undefined;
  if ('not' in value) {
    const inner = testOf(value['not']);
    return inner && `not (${inner})`;
  }
  const [join, parts] =
    'all' in value ? [' and ', value['all']] : 'any' in value ? [' or ', value['any']] : [];
  if (!join || !Array.isArray(parts) || parts.length < 2) return undefined;
  const texts = parts.map((part) => {
    const text = testOf(part);
    return isPart(part) && ('all' in part || 'any' in part) ? text && `(${text})` : text;
  });
  return texts.every(Boolean) ? texts.join(join) : undefined;
}

function read(text: string, state: (reader: Reader) => unknown): unknown {
  const typed = text.trim();
  if (/^[[{]/.test(typed)) return readJson(typed);
  const reader = new Reader(typed);
  const value = state(reader);
  reader.end();
  return value;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Unreadable(text);
  }
}

const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z_]\w*|"[^"]*"|<=|>=|!=|==|[-+*/(),<>=≤≥≠×])/y;

/** Reads a formula from left to right; each method reads one level of it. */
class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    const tokens: string[] = [];
    TOKEN.lastIndex = 0;
    let place = 0;
    while (place < text.length) {
      const found = TOKEN.exec(text);
      if (!found?.[1]) throw new Unreadable(text.slice(place));
      tokens.push(found[1]);
      place = TOKEN.lastIndex;
    }
    this.#tokens = tokens;
  }

  end(): void {
    if (this.#next !== undefined) throw new Unreadable(this.#next);
  }

  sum(): unknown {
    let value = this.#product();
    while (this.#next === '+' || this.#next === '-') {
      const isSum = this.#take() === '+';
      value = isSum
        ? extended('add', value, this.#product())
        : both('subtract', value, this.#product());
    }
    return opened(value);
  }

  either(): unknown {
    return this.#many('or', 'any', () => this.#many('and', 'all', () => this.#test()));
  }

  #many(word: string, key: string, state: () => unknown): unknown {
    const parts = [state()];
    while (this.#accept(word)) parts.push(state());
    return parts.length === 1 ? parts[0] : { [key]: parts };
  }

  #test(): unknown {
    if (this.#accept('not')) return { not: this.#bracketed(() => this.either()) };
    const start = this.#at;
    try {
      return this.#comparison();
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#at = start;
      return this.#bracketed(() => this.either());
    }
  }

  #comparison(): unknown {
    const value = this.sum();
    const is = COMPARISONS[this.#take()];
    if (!is) throw new Unreadable('=');
    return { value, is, than: this.sum() };
  }

  #product(): unknown {
    let value = this.#factor();
    while (this.#next === '*' || this.#next === '×' || this.#next === '/') {
      const isProduct = this.#take() !== '/';
      value = isProduct
        ? extended('multiply', value, this.#factor())
        : both('divide', value, this.#factor());
    }
    return value;
  }

  #factor(): unknown {
    const token = this.#take();
    if (/^\d/.test(token)) return token;
    if (token === '-' && /^\d/.test(this.#next ?? '')) return `-${this.#take()}`;
    if (token === '(') {
      const value = this.sum();
      this.#need(')');
      return new Closed(value);
    }
    if (!/^[A-Za-z_]/.test(token)) throw new Unreadable(token);
    if (this.#next === '(') return this.#called(token);
    if (token === 'measure' || token === 'quota' || token === 'attainment')
      return { [token]: true };
    if (KEYWORDS.has(token)) throw new Unreadable(token);
    return { figure: token };
  }

  #called(name: string): unknown {
    this.#need('(');
    const value = this.#arguments(name);
    this.#need(')');
    return value;
  }

  #arguments(name: string): unknown {
    switch (name) {
      case 'min':
      case 'max':
        return { [name]: this.#list() };
      case 'previous':
        return { previous: this.sum() };
      case 'days':
        return { days: this.#take() };
      case 'if':
        return this.#choose();
      case 'person':
      case 'component':
      case 'rank':
      case 'quota':
        return { [name]: this.#quoted() };
      default:
        throw new Unreadable(name);
    }
  }

  #choose(): unknown {
    const test = this.either();
    this.#need(',');
    const then = this.sum();
    this.#need(',');
    return { if: test, then, else: this.sum() };
  }

  #list(): unknown[] {
    const values = [this.sum()];
    while (this.#accept(',')) values.push(this.sum());
    return values;
  }

  #quoted(): string {
    const token = this.#take();
    if (!token.startsWith('"')) throw new Unreadable(token);
    return token.slice(1, -1);
  }

  #bracketed(state: () => unknown): unknown {
    this.#need('(');
    const value = state();
    this.#need(')');
    return value;
  }

  get #next(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Unreadable('');
    return token;
  }

  #accept(token: string): boolean {
    if (this.#next !== token) return false;
    this.#at += 1;
    return true;
  }

  #need(token: string): void {
    if (!this.#accept(token)) throw new Unreadable(this.#next ?? '');
  }
}

/** What stood in brackets: it is never joined with what stands beside it. */
class Closed {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

function opened(value: unknown): unknown {
  return value instanceof Closed ? value.value : value;
}

/** `a + b + c` is one sum of three. */
function extended(key: 'add' | 'multiply', left: unknown, right: unknown): unknown {
  const parts: unknown = isPart(left) && !(left instanceof Closed) ? left[key] : undefined;
  const before: readonly unknown[] = Array.isArray(parts) ? parts : [opened(left)];
  return { [key]: [...before, opened(right)] };
}

function both(key: 'subtract' | 'divide', left: unknown, right: unknown): unknown {
  return { [key]: [opened(left), opened(right)] };
}
