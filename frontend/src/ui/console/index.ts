export { default as BudgetBar } from './BudgetBar.svelte';
export { default as ConsoleShell } from './ConsoleShell.svelte';
export { default as Desk } from './Desk.svelte';
export { default as FileDrop } from './FileDrop.svelte';
export { default as Histogram } from './Histogram.svelte';
export { default as Stat } from './Stat.svelte';
export { default as Steps } from './Steps.svelte';
export { default as Table } from './Table.svelte';
