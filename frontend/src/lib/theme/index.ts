export { applyBrand } from './brand';
export {
  THEMES,
  applyLook,
  followSystem,
  keepLook,
  readLook,
  type Look,
  type Theme,
} from './theme';
