using System.ComponentModel.DataAnnotations;

namespace Ksmg.Simulator;

/// <summary>The section of an adapter of kind <c>Simulator</c>.</summary>
internal class SimulatorAdapterOptions
{
    /// <summary>The control URL of the simulator.</summary>
    [Required(ErrorMessage = "Endpoint is missing; it is the control URL of the simulator.")]
    public Uri? Endpoint { get; set; }
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
