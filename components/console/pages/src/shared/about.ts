/** What messages to the box are about; the words of `wire::channel::about`. */
export const about = {
  menu: "menu",
  order: "order",
  orderStatus: "order-status",
  orders: "orders",
  print: "print",
  printStatus: "print-status",
  printResolve: "print-resolve",
  printers: "printers",
  climate: "climate",
  setClimate: "set-climate",
  doors: "doors",
  unlock: "unlock",
  lock: "lock",
  doorTrail: "door-trail",
  guestMessage: "guest-message",
  notification: "notification",
} as const;
