/** Which hub, and with which token: from the command line and the environment. */
import { CannotStart, type Environment, isLoopback } from '../settings.ts';
import { plain } from './plain.ts';

const DEFAULT_ENDPOINT = 'https://huggingface.co';

export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** Goes to the endpoint's own origin only, and into no message. */
  readonly token: string | undefined;
}

export interface HubOptions {
  readonly endpoint: string | undefined;
  /** Name of the environment variable that holds the token. */
  readonly tokenEnv: string | undefined;
}

/** @throws CannotStart with what was given, what is allowed and what to do */
export function readHubSettings({ endpoint: given, tokenEnv }: HubOptions, env: Environment): HubSettings {
  const [source, address] = given ? ['--endpoint', given] : ['HF_ENDPOINT', env.HF_ENDPOINT || DEFAULT_ENDPOINT];
  const url = endpointOf(source, address);
  const token = readToken(tokenEnv, env);
  if (token && url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new CannotStart(
      `${source} is ${url.origin}: a token would travel there unencrypted. Use https, or unset ${tokenEnv ?? 'HF_TOKEN'}.`,
    );
  }
  return { endpoint: url.href.replace(/[/]+$/, ''), token };
}

function endpointOf(source: string, address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CannotStart(`${source} is "${plain(address, 80)}". An address is needed, as ${DEFAULT_ENDPOINT} is one.`);
  }
  if (url.username || url.password) {
    throw new CannotStart(
      `${source} holds a user name or password. Put the token into HF_TOKEN and leave it out of the address.`,
    );
  }
  if (url.search || url.hash)
    throw new CannotStart(`${source} has a query or a fragment; an address and a path is all it may be.`);
  return url;
}

function readToken(tokenEnv: string | undefined, env: Environment): string | undefined {
  if (tokenEnv !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(tokenEnv)) {
    // it may be the token itself, so it is not shown
    throw new CannotStart('--token-env takes the name of an environment variable that holds the token, never the token itself.');
  }
  const name = tokenEnv ?? 'HF_TOKEN';
  const token = env[name]?.trim();
  if (tokenEnv !== undefined && !token) throw new CannotStart(`--token-env names ${name}, which is not set or empty.`);
  if (!token) return undefined;
  if (!/^[\x21-\x7e]+$/.test(token)) throw new CannotStart(`${name} holds a space or a character that no token has.`);
  return token;
}
