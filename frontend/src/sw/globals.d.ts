/** The files of the shell and a hash over them, put in by the build. */
declare const __SHELL__: readonly string[];
declare const __VERSION__: string;
