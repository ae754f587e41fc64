using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>What an instance is to do, as its node is right now.</summary>
/// <param name="IsUp">Whether it runs.</param>
/// <param name="Receiving">Whether it takes mail; else 450 to every recipient.</param>
/// <param name="Sending">Whether it delivers; else the mail waits.</param>
/// <param name="HeaderBuild">The build it writes into the headers of what it takes; <see langword="null"/>: no headers.</param>
internal sealed record PostfixState(bool IsUp, bool Receiving, bool Sending, BuildNumber? HeaderBuild);
