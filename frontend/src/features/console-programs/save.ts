/** Save `value` as a JSON file named after `name`. */
export function saveJson(value: unknown, name: string): void {
  const address = URL.createObjectURL(
    new Blob([JSON.stringify(value, null, 2)], { type: 'application/json' }),
  );
  const link = document.createElement('a');
  link.href = address;
  link.download = `${name.replace(/[^\p{L}\p{N}]+/gu, '-') || 'plan'}.json`;
  link.click();
  URL.revokeObjectURL(address);
}
