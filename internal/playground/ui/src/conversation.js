// The tabs a newcomer finds: a conversation with the API that works as it stands, played from left to right.

export const EXAMPLE_PASSWORD = 'correct-horse-battery-9';
export const TOKEN_PLACEHOLDER = 'PASTE-THE-ACCESS-TOKEN-HERE';
export const SIGNED_IN_HEADERS = JSON.stringify({ Authorization: `Bearer ${TOKEN_PLACEHOLDER}` }, null, 2);

// Short lines, and few enough of them, for all of an operation to be seen on a small laptop.

const register = `# 1 of 6: create an account.
#
# Press play, then go on to the tab "tokenObtain".
# What you can mend comes back in "errors". If the
# name is taken, choose another, here and there.

mutation register {
  register(
    input: {
      username: "ada"
      email: "ada@example.com"
      password: "${EXAMPLE_PASSWORD}"
    }
  ) {
    user { id username email }
    errors { field code message }
  }
}
`;

const tokenObtain = `# 2 of 6: sign in.
#
# Press play, copy the value of "access", and go on
# to the tab "me". That token says who you are for a
# few minutes; "refresh" is what tokenRefresh wants
# for the next one (null: a cookie keeps it).

mutation tokenObtain {
  tokenObtain(
    username: "ada"
    password: "${EXAMPLE_PASSWORD}"
  ) {
    access
    accessExpiresAt
    refresh
    user { username }
  }
}
`;

const me = `# 3 of 6: ask who you are.
#
# In the Headers pane below, paste the token over
# ${TOKEN_PLACEHOLDER}, and press play.
#
# In a hurry? Press play at once: where nothing is
# pasted, the playground sends the last access token
# it has seen. It is kept in memory, never stored.

query me {
  me {
    id
    username
    email
    isStaff
    dateJoined
  }
}
`;

const products = `# 4 of 6: look around, no token needed.
#
# For the next page add after: "<endCursor>".
# Ctrl-Space completes what you type; the book at
# the top left holds the documentation.

query products {
  products(
    first: 5
    where: {inStock: true}
    orderBy: [{field: PRICE, direction: DESC}]
  ) {
    totalCount
    nodes {
      name
      price
      stock
      category { name }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`;

const productChanged = `# 5 of 6: be told what happens, when it happens.
#
# Press play, and the page listens until you press
# stop. Now open it in a second window, sign in there
# with the tab "tokenObtain", and play the last tab,
# "productCreate". Here you see what came of it.

subscription productChanged {
  productChanged {
    kind
    product {
      name
      price
      category { name }
    }
  }
}
`;

const productCreate = `# 6 of 6: offer a product.
#
# It takes a token, as "me" does. Whoever plays
# "productChanged" is told of the product at once.
# The category is Beverages of the demo catalogue.

mutation productCreate {
  productCreate(
    input: {
      name: "Sencha"
      price: "4.50"
      category: "8589934593"
    }
  ) {
    product { id name price }
    errors { field code message }
  }
}
`;

export const conversation = [
  { query: register },
  { query: tokenObtain },
  { query: me, headers: SIGNED_IN_HEADERS },
  { query: products },
  { query: productChanged },
  { query: productCreate, headers: SIGNED_IN_HEADERS },
];
