package audit

// HCLString writes s as a quoted string of the rules' language, without anything
// in it that a terminal would act on or not show, and without templates.
func HCLString(s string) string { return hclString(s) }
