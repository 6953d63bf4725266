export { PasskeyCancelled, PasskeyExists, makePasskey, passkeysWork, usePasskey } from './passkeys';
