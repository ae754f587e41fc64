namespace Ksmg.Sdk.Infrastructure;

/// <summary>What a template gives, up to a size.</summary>
/// <param name="most">How many characters.</param>
internal sealed class BoundedText(int most) : StringWriter(System.Globalization.CultureInfo.InvariantCulture)
{
    public override void Write(char value)
    {
        Admit(1);
        base.Write(value);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        Admit(count);
        base.Write(buffer, index, count);
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        Admit(buffer.Length);
        base.Write(buffer);
    }

    public override void Write(string? value)
    {
        Admit(value?.Length ?? 0);
        base.Write(value);
    }

    public override Task WriteAsync(string? value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    public override Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return Task.CompletedTask;
    }

    private void Admit(int more)
    {
        if (GetStringBuilder().Length + more > most)
        {
            throw new InvalidOperationException(Words.Get("template.gives-too-much", most));
        }
    }
}
