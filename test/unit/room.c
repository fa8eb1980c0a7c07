/* Links the whole of one room of lib/ or daemon/ with the rooms below it: see meson.build. */

int main(void)
{
	return 0;
}
