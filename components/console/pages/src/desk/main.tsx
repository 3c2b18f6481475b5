import "../shared/style.css";

import { render } from "preact";

import { arrive } from "../shared/staff-door";
import { Entrance } from "../shared/staff";
import { DeskPage } from "./page";
import { openDesk } from "./store";

const entrance = new Entrance(arrive);
const page = document.getElementById("page");
if (page !== null) {
  render(<DeskPage entrance={entrance} open={openDesk} />, page);
}
void entrance.arrive();
