interface Labelled {
  readonly label: string;
  readonly isHidden?: boolean;
}

/** Return what writes above each cell of a row the head it would stand under. */
export function underItsHead(columns: readonly Labelled[]): (row: HTMLTableRowElement) => void {
  return (row) => {
    for (const [index, cell] of [...row.cells].entries()) {
      const column = columns[index];
      if (column && !column.isHidden) cell.dataset['head'] = column.label;
      else delete cell.dataset['head'];
    }
  };
}
