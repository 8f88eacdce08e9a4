/**
 * Path of the executable within a distribution, as Electron's own installer has it.
 * @param {NodeJS.Platform} platform
 */
export function executableName(platform = process.platform) {
  if (platform === 'darwin') return 'Electron.app/Contents/MacOS/Electron';
  return platform === 'win32' ? 'electron.exe' : 'electron';
}
