//go:build tools

package shop

import _ "github.com/Khan/genqlient" // pins the generator
