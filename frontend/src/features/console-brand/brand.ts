import { request, type Shapes } from '../../lib/api';

/** The face of the company as `GET /api/v1/brand` answers it. */
export type Brand = Shapes['BrandOut'];

export type Face = Shapes['BrandIn'];

export function loadBrand(signal: AbortSignal): Promise<Brand> {
  return request<Brand>('GET', '/api/v1/brand', { signal });
}

export function keepBrand(face: Face): Promise<Brand> {
  return request<Brand>('PUT', '/api/v1/brand', { body: face });
}

/** Make the picture in a file the company's logo. */
export function giveLogo(file: File): Promise<Brand> {
  const body = new FormData();
  body.append('file', file);
  return request<Brand>('PUT', '/api/v1/brand/logo', { body });
}

export function removeLogo(): Promise<Brand> {
  return request<Brand>('DELETE', '/api/v1/brand/logo');
}

/** Return what can be changed of a face, as a form holds it: nothing is an empty text. */
export function formOf({ store_name, brand_hue, mail_footer, mail_reply_to }: Brand): Form {
  return { store_name, brand_hue, mail_footer, mail_reply_to: mail_reply_to ?? '' };
}

export interface Form {
  readonly store_name: string;
  readonly brand_hue: number;
  readonly mail_footer: string;
  readonly mail_reply_to: string;
}

/** Return a form as the server takes it. */
export function faceOf(form: Form): Face {
  return { ...form, mail_reply_to: form.mail_reply_to.trim() || null };
}
