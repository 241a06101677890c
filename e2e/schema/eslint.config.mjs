// The rules for the schema: graphql-eslint's recommended ones, and those for Relay. Every exception has its reason here.

import graphql from '@graphql-eslint/eslint-plugin';

// A rule that lets some reports pass: those that are about a name of the list.
function except(rule, names) {
  return {
    ...rule,
    create: (context) =>
      rule.create(
        Object.create(context, {
          report: { value: (found) => names.includes(found.node.value) || context.report(found) },
        }),
      ),
  };
}

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: 'schema.graphql' } } },
    plugins: {
      '@graphql-eslint': {
        rules: {
          ...graphql.rules,
          // `User.username`: it is what the name to sign in with is called, here, at Django and everywhere; `User.name` would
          // be taken for the person's.
          'no-typename-prefix': except(graphql.rules['no-typename-prefix'], ['username']),
        },
      },
    },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,

      // Stricter than recommended: everything is described, arguments and values of enumerations too.
      '@graphql-eslint/require-description': [
        'error',
        { types: true, DirectiveDefinition: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true },
      ],

      '@graphql-eslint/strict-id-in-types': [
        'error',
        {
          exceptions: {
            // They are parts of one answer, and not things that could be fetched again.
            suffixes: ['Payload', 'Connection', 'Edge'],
            types: [
              'PageInfo', // as Relay wants it
              'UserError', // a remark on an argument
              'ProductEvent', // it happens once; its `productId` names what it happened to
            ],
          },
        },
      ],

      '@graphql-eslint/relay-edge-types': [
        'error',
        {
          withEdgeSuffix: true,
          shouldImplementNode: true,
          // Lists need no edges when they are short and whole (`errors`, `children`, `ancestors`, `sessions`), or beside the
          // edges, for clients that have no use for those (`nodes`).
          listTypeCanWrapOnlyEdgeType: false,
        },
      ],
    },
  },
];
