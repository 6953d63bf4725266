import { merge, type Catalogue } from '../../lib/i18n/catalogue';

export default merge(
  import.meta.glob<Catalogue>('./help.json', { eager: true, import: 'default' }),
);
