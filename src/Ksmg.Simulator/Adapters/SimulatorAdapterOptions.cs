using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>The section of an adapter of kind <c>Simulator</c>.</summary>
internal class SimulatorAdapterOptions : IAdapterOptions
{
    /// <summary>The control URL of the simulator.</summary>
    public Uri? Endpoint { get; set; }

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster) => Endpoint is null ? [Words.Get("simulator.endpoint")] : [];
}

/// <summary>The section of the simulated configuration files.</summary>
internal sealed class SimulatorConfigurationOptions : SimulatorAdapterOptions
{
    /// <summary>The configured files; none: all the simulator has.</summary>
    public IList<string> Paths { get; } = [];
}

/// <summary>The section of test messages. Sender and recipient stand in the file for whoever puts a real probe in its place.</summary>
internal sealed class SimulatorMailProbeOptions : SimulatorAdapterOptions
{
    /// <summary>The sender of a real probe.</summary>
    public string? From { get; set; }

    /// <summary>The recipient of a real probe.</summary>
    public string? To { get; set; }
}
