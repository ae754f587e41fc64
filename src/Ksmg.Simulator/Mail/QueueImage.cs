namespace Ksmg.Simulator;

/// <summary>What a snapshot keeps of a node's queues.</summary>
internal sealed record QueueImage;
