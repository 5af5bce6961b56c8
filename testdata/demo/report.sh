#!/bin/sh
# An ordinary program: it knows nothing of any broker.

echo '$ cat orders/monday.txt'
cat orders/monday.txt

echo '$ cat orders/customers.txt'
cat orders/customers.txt

echo '$ cat /etc/hostname'
cat /etc/hostname

echo '$ echo "2 orders" > reports/monday.txt'
echo "2 orders" > reports/monday.txt && cat reports/monday.txt

echo '$ cat ~/.ssh/id_demo'
cat ~/.ssh/id_demo

echo '$ rm orders/monday.txt'
rm -f orders/monday.txt
exit 0
