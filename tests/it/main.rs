//! One binary, one module per story of the hotel.

mod tidy;
