//! What is measured: requests, and those who answer them.

pub mod asks;
pub mod contenders;
