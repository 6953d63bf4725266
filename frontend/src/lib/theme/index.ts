export {
  THEMES,
  applyBrand,
  applyLook,
  followSystem,
  keepLook,
  readLook,
  type Look,
  type Theme,
} from './theme';
