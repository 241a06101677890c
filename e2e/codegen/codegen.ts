import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'schema.graphql', // gatehouse schema > schema.graphql
  documents: ['src/**/*.ts', '!src/gql/**'],
  generates: {
    'src/gql/': {
      preset: 'client',
      config: {
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true, // a scalar that is not named here is a mistake
        scalars: {
          ID: 'string',
          Decimal: 'string', // exact, with two places: a number would round it
          DateTime: 'string', // RFC 3339, in UTC, with milliseconds
        },
      },
    },
  },
};

export default config;
