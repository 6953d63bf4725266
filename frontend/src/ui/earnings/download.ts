import type { Receipt } from './earnings';

/** Save a receipt as the JSON the server sent, so that anyone can check it. */
export function saveReceipt(receipt: Receipt, line: string): void {
  const address = URL.createObjectURL(
    new Blob([JSON.stringify(receipt, null, 2)], { type: 'application/json' }),
  );
  const link = document.createElement('a');
  link.href = address;
  link.download = `receipt-${line}.json`;
  link.click();
  URL.revokeObjectURL(address);
}
