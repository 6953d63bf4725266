/** A fresh idempotency key: make it when the form opens, use it for every try of that form. */
export function newKey(): string {
  return crypto.randomUUID();
}
