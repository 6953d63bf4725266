import { merge, type Catalogue } from '../../lib/i18n/catalogue';

export default merge(
  import.meta.glob<Catalogue>('./bank-reasons.json', { eager: true, import: 'default' }),
);
