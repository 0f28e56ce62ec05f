import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["**/node_modules/", "code-server/"] },
  tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
