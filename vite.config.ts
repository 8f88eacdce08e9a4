import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin, type UserConfig } from 'vite';

/** One build per `--mode`: each part of the app runs in another kind of process. */
const builds: Record<string, () => UserConfig> = {
  main: mainBuild,
  preload: preloadBuild,
  renderer: rendererBuild,
};

export default defineConfig(({ mode }) => {
  const build = builds[mode];
  if (build === undefined) {
    throw new Error(`--mode must be one of ${Object.keys(builds).join(', ')}, not "${mode}"`);
  }
  return build();
});

function rendererBuild(): UserConfig {
  return {
    root: 'renderer',
    // React picks its development build by the mode's name, which is not "production" here.
    define: { 'process.env.NODE_ENV': JSON.stringify('production') },
    plugins: [react(), keepOwnLanguages()],
    build: {
      outDir: '../out/renderer',
      emptyOutDir: true,
      target: 'chrome130',
      sourcemap: false,
      // The content security policy has no `data:` for fonts, and inline scripts are refused.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  };
}

/** React Aria brings its own few words in 34 languages; only those of our catalogues are kept. */
function keepOwnLanguages(): Plugin {
  const kept = ['ar-AE', 'en-US'];
  return {
    name: 'keep-own-languages',
    enforce: 'pre',
    load(id) {
      const file = /react-(aria|stately).*\/intl\/.*[a-z]{2}-[A-Z]{2}\.mjs$/.test(id);
      return file && !kept.includes(basename(id, '.mjs')) ? 'export default {};' : null;
    },
  };
}

/** One ES module with everything in it but Electron and the native keytar. */
function mainBuild(): UserConfig {
  return {
    plugins: [windowIcon()],
    ssr: { noExternal: true, external: ['keytar'] },
    build: {
      ...electronBuild('main/index.ts', 'out/main'),
      rolldownOptions: {
        external: ['electron', 'keytar'],
        output: { format: 'es', entryFileNames: 'index.js', codeSplitting: false },
      },
    },
  };
}

/** One CommonJS file: a sandboxed preload can load nothing else. */
function preloadBuild(): UserConfig {
  return {
    ssr: { noExternal: true },
    build: {
      ...electronBuild('main/preload.ts', 'out/preload'),
      rolldownOptions: {
        external: ['electron'],
        output: { format: 'cjs', entryFileNames: 'preload.cjs', codeSplitting: false },
      },
    },
  };
}

/** What main and preload share: they run on the Node of Electron, as the source says it. */
function electronBuild(entry: string, outDir: string): UserConfig['build'] {
  return {
    ssr: entry,
    outDir,
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    sourcemap: false,
  };
}

/** The picture that the window managers of Linux show beside the title. */
function windowIcon(): Plugin {
  return {
    name: 'window-icon',
    generateBundle() {
      const source = readFileSync('assets/icons/512x512.png');
      this.emitFile({ type: 'asset', fileName: 'icon.png', source });
    },
  };
}
