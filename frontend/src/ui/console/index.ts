export { default as ConsoleShell } from './ConsoleShell.svelte';
export { default as Desk } from './Desk.svelte';
