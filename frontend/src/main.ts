import { mount } from 'svelte';
import App from './App.svelte';
import { language } from './state/language.svelte';
import { session } from './state/session.svelte';
import './styles/app.css';

const target = document.getElementById('app');
if (!target) throw new Error('index.html lacks #app.');

await language.start();
await session.start();
mount(App, { target });

const { default: Later } = await import('./Later.svelte');
mount(Later, { target });
