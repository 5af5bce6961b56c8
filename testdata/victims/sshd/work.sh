# What somebody does who is logged in.
set -u
cat page.txt
sort -r page.txt >sorted.txt
wc -l <sorted.txt
echo "$SSH_CONNECTION" | cut -d' ' -f3
exit 5
