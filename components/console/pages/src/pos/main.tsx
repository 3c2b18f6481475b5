import "../shared/style.css";

import { render } from "preact";

import { arrive } from "../shared/staff-door";
import { Entrance } from "../shared/staff";
import { BillPage } from "./page";

const entrance = new Entrance(arrive);
const page = document.getElementById("page");
if (page !== null) {
  render(<BillPage entrance={entrance} />, page);
}
void entrance.arrive();
