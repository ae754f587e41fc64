namespace Ksmg.Simulator;

/// <summary>The mail parts of a cluster, put together.</summary>
internal sealed record MailWorld(
    SimulatedBalancer Balancer,
    MailLedger Ledger,
    MailSink Sink,
    MailGenerator Generator,
    IReadOnlyDictionary<string, NodeMail> Nodes);
