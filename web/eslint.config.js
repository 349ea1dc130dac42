/** Lints of the TypeScript and of the tools: strict, each opt-out with its reason. */
import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["web/types/**", "**/generated/**", "**/dist/**", "**/target/**", "**/node_modules/**"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: [new URL("tsconfig.json", import.meta.url).pathname] },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // tsc knows which names exist where, and checks the tools too.
      "no-undef": "off",
      "max-lines": ["error", { max: 600 }],
      "max-lines-per-function": ["error", { max: 70 }],
      eqeqeq: "error",
      "no-warning-comments": ["error", { terms: ["todo", "fixme", "xxx"] }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // Numbers and booleans in a sentence read as they are.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      // `() => callback()` is how an event is passed on.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["**/*.mjs"],
    rules: {
      // JSON that a tool reads gets its type by JSDoc at once; tsc checks from there.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  {
    files: ["web/src/api/**"],
    rules: {
      // Flink's classes have these type parameters, and its static methods stand in classes.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/no-extraneous-class": "off",
      // An empty method of a base class says what its override is called with.
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["**/*.test.ts", "**/*.spec.ts"],
    rules: {
      // A test that meets `undefined` fails, which is what it is for.
      "@typescript-eslint/no-non-null-assertion": "off",
      // `describe` holds its tests.
      "max-lines-per-function": "off",
    },
  },
);
