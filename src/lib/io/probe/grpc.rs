//! Does a gRPC server serve?

use std::net::SocketAddr;

use super::http2;
use super::target::{Stage, Target};
use super::tls::Tls;
use crate::engine::check::grpc::GrpcHealth;
use crate::engine::check::probe::Answer;

/// A probe of a gRPC server.
#[derive(Clone, Debug)]
pub struct Grpc {
    /// Whom.
    pub target: Target,
    /// How TLS is spoken, if it is.
    pub tls: Option<Tls>,
    /// Which of its services; empty: the server as a whole.
    pub service: String,
    /// What the server is called in the request; as the target when absent.
    pub authority: Option<String>,
}

impl Grpc {
    /// Put the probe.
    pub async fn ask(&self) -> Answer {
        let stage = Stage::default();
        self.target.ask(&stage, |address| self.put(address, &stage)).await
    }

    async fn put(&self, address: SocketAddr, stage: &Stage) -> Answer {
        let tls = self.tls.as_ref().map(|tls| (tls, &*self.target.host));
        let authority = self.authority.clone().unwrap_or_else(|| self.target.name());
        let call = GrpcHealth::call(&self.service, tls.is_some(), &authority);
        let mut health = GrpcHealth::default();
        http2::put((&self.target.path, address), tls, &call, &mut health, stage).await
    }
}
