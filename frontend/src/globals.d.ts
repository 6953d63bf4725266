/** Whether the page with all parts of the design system is built in (development and demo). */
declare const __SHOWCASE__: boolean;
