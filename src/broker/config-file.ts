import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CodedError } from '../contract/errors.ts';
import { type Config, type ConfigInput, parseConfig } from './config.ts';
import { defaultFolders, type Folders } from './folders.ts';

const longestFile = 256 * 1024;

export type ConfigSource = {
  /** Without one, everything is as it comes. */
  file: string | undefined;
  /** Takes precedence over the file. */
  overrides?: ConfigInput;
  env: NodeJS.ProcessEnv;
  uid: number;
};

/** The configuration of a broker of this user. @throws config-unreadable, config-invalid */
export async function loadConfig({ file, overrides, env, uid }: ConfigSource): Promise<Config> {
  const folders = defaultFolders(env, uid);
  const given = file === undefined ? {} : await readConfig(file, folders, uid);
  return parseConfig({ ...given, ...overrides }, folders);
}

/**
 * Reads the configuration file, if only root or this user could have written it. The file that was
 * opened is the one checked, so that it can't be exchanged in between.
 * @throws config-unreadable, config-invalid
 */
export async function readConfig(path: string, folders: Folders, uid: number): Promise<Config> {
  const text = await readTrusted(path, uid);
  return parseConfig(parseJson(path, text), folders);
}

async function readTrusted(path: string, uid: number): Promise<string> {
  let file: FileHandle | null = null;
  try {
    // O_NONBLOCK: a named pipe in its place must not hang the broker.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const fault = faultOf(await file.stat(), uid);
    if (fault !== null) throw new CodedError('config-unreadable', { detail: `${path}: ${fault}` });
    return await file.readFile('utf8');
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CodedError('config-unreadable', { detail: `${path}: ${reason}`, cause: error });
  } finally {
    await file?.close();
  }
}

function faultOf(stats: Stats, uid: number): string | null {
  if (!stats.isFile()) return 'it is not a regular file';
  if (stats.uid !== 0 && stats.uid !== uid) return 'it belongs to another user';
  if ((stats.mode & 0o022) !== 0) return 'others may write to it; try chmod go-w';
  if (stats.size > longestFile) return 'it is too large';
  return null;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new CodedError('config-unreadable', { detail: `${path}: ${reason}`, cause: error });
  }
}
