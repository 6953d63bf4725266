import { bare, type PageModule, type Table } from './routes';

/** What people open once, or never: an invitation, the demo's mail, somebody's certificate. */
export const VISITOR: Table = {
  routes: [
    bare('/mailbox', 'sign-in/Mailbox', 'nav.sign-in'),
    bare('/join/:token', 'sign-in/Join', 'nav.join'),
    bare('/certificates/:code', 'badges/Certificate', 'nav.certificate'),
  ],
  files: import.meta.glob<PageModule>([
    './features/sign-in/{Join,Mailbox}Page.svelte',
    './features/badges/CertificatePage.svelte',
  ]),
};
