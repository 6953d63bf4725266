/** How many messages of the inbox are new; pages that learn it say so here. */
class Unread {
  count = $state(0);
}

export const unread = new Unread();
