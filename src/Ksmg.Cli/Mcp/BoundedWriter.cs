using System.Text;

namespace Ksmg.Cli.Mcp;

/// <summary>Keeps what a command says, up to a length; beyond it nothing but that there was more.</summary>
internal sealed class BoundedWriter(int most) : TextWriter
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();

    public override Encoding Encoding => Encoding.UTF8;

    public bool IsFull { get; private set; }

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        lock (_gate)
        {
            int room = Math.Min(buffer.Length, most - _text.Length);
            _text.Append(buffer[..room]);
            IsFull |= room < buffer.Length;
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            return _text.ToString().Trim();
        }
    }
}
