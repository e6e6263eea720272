/* Mends in the page what the theme's script writes there after the page has loaded. */
"use strict";
