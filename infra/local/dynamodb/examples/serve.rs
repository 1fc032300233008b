//! A database that can be killed: serves the state folder of its first argument and prints its address.

use fude_standin_dynamodb::DynamoDb;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let state = std::env::args().nth(1).expect("a state folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("http://{}", listener.local_addr().expect("bound"));
    let database = DynamoDb::open(state.as_ref(), "fude").expect("a state folder that opens");
    database.serve(listener, std::future::pending()).await.expect("loopback");
}
