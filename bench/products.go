package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
)

// writeProducts writes what is imported: so many products, always the same.
func writeProducts(path string, products int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	materials := []string{"Walnut", "Copper", "Linen", "Slate", "Willow", "Enamel", "Felt", "Brass", "Cork", "Beech"}
	things := []string{"kettle", "stool", "lamp", "basket", "bowl", "shelf", "clock", "tray", "bench", "jug"}
	w := csv.NewWriter(file)
	_ = w.Write([]string{"sku", "name", "price", "category", "description", "stock"}) // Error tells
	for i := range products {
		material, thing := materials[i%10], things[i/10%10]
		_ = w.Write([]string{
			fmt.Sprintf("B-%05d", i),
			fmt.Sprintf("%s %s no. %05d", material, thing, i),
			fmt.Sprintf("%d.%02d", 1+i*7919%500, i*31%100),
			shelf(i * 7),
			fmt.Sprintf("A %s made of %s by hand, with care, in a small workshop. It is number %d of its kind, and comes in a box.", thing, material, i),
			strconv.Itoa(i % 40),
		})
	}
	w.Flush()
	return w.Error()
}
