import { EntrancePage } from "../shared/entrance";
import { ReplicaPage } from "../shared/replica-page";
import type { Entrance, Inside } from "../shared/staff";
import { RoomBoard } from "./board";
import type { RoomStore } from "./store";

interface Props {
  entrance: Entrance;
  open: (inside: Inside) => Promise<RoomStore | null>;
}

export function RoomsPage({ entrance, open }: Props) {
  return (
    <EntrancePage entrance={entrance} title="Rooms" here="/rooms">
      {({ inside }) => (
        <ReplicaPage inside={inside} open={open}>
          {({ rooms }) => <RoomBoard rooms={rooms} principal={inside.principal} />}
        </ReplicaPage>
      )}
    </EntrancePage>
  );
}
