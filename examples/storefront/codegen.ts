import type { CodegenConfig } from '@graphql-codegen/cli';

// Writes src/gql: the type of every operation in src, from the schema that the server is built with.
const config: CodegenConfig = {
  schema: '../../schema.graphql',
  documents: 'src/**/*.{ts,tsx}',
  generates: {
    './src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: { unmaskFunctionName: 'unmask' } },
      config: {
        strictScalars: true, // a scalar that is not listed here is a mistake, and not `any`
        scalars: { ID: 'string', DateTime: 'string', Decimal: 'string' },
        enumsAsTypes: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
