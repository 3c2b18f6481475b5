import "../shared/style.css";

import { render } from "preact";

import { arrive } from "../shared/staff-door";
import { Entrance } from "../shared/staff";
import { RoomsPage } from "./page";
import { openRooms } from "./store";

const entrance = new Entrance(arrive);
const page = document.getElementById("page");
if (page !== null) {
  render(<RoomsPage entrance={entrance} open={openRooms} />, page);
}
void entrance.arrive();
