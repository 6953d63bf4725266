import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser';

/** The person closed the system's passkey window or let it run out: not an error to shout about. */
export class PasskeyCancelled extends Error {
  override readonly name = 'PasskeyCancelled';
}

/** This device already holds a passkey for this account. */
export class PasskeyExists extends Error {
  override readonly name = 'PasskeyExists';
}

export function passkeysWork(): boolean {
  return typeof PublicKeyCredential === 'function';
}

/** Sign the server's challenge with a passkey the person picks. */
export async function usePasskey(
  options: PublicKeyCredentialRequestOptionsJSON,
): Promise<AuthenticationResponseJSON> {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  return named(startAuthentication({ optionsJSON: options }));
}

/** Make a new passkey on this device. */
export async function makePasskey(
  options: PublicKeyCredentialCreationOptionsJSON,
): Promise<RegistrationResponseJSON> {
  const { startRegistration } = await import('@simplewebauthn/browser');
  return named(startRegistration({ optionsJSON: options }));
}

async function named<T>(ceremony: Promise<T>): Promise<T> {
  try {
    return await ceremony;
  } catch (error) {
    throw rename(error);
  }
}

function rename(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'NotAllowedError' || error.name === 'AbortError')
    return new PasskeyCancelled(error.message, { cause: error });
  if (error.name === 'InvalidStateError') return new PasskeyExists(error.message, { cause: error });
  return error;
}
